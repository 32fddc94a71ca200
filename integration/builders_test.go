package integration

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	"go.yaml.in/yaml/v3"
)

// TestBuilders makes the certificates of docs/scaling.md, starts a builder with its configuration, and
// asks it as a client with a certificate and as one without.
func TestBuilders(t *testing.T) {
	t.Parallel()
	o := ownBuildkitd(t, "", "", "")
	s := sections(t, "scaling.md")["One builder of many machines"]
	dir, name := t.TempDir(), "amd64.builders.example"
	made := exec.Command("sh", "-c", s.script[strings.Index(s.script, "set -e\n"):strings.Index(s.script, "export TLS")], "sh", name)
	made.Dir = dir
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	port, socket := freePort(t), filepath.Join(o.dir, "s.sock")
	text := strings.NewReplacer("/certificates", filepath.Join(dir, name), "0.0.0.0:1234", "127.0.0.1:"+port, "unix:///run/buildkit/buildkitd.sock", "unix://"+socket).Replace(s.files["buildkitd.toml"])
	write(t, filepath.Join(o.dir, "buildkitd.toml"), fmt.Sprintf("root = %q\n%s[otel]\n  socketPath = %q\n[worker.containerd]\n  enabled = false\n", filepath.Join(o.dir, "root"), text, socket+".otel"))
	// Who is on the machine needs no certificate, as the probe in a cluster.
	o.ready = func(ctx context.Context) error {
		c, err := client.New(ctx, "unix://"+socket)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		_, err = c.ListWorkers(ctx)
		return err
	}
	o.start()
	c, err := client.New(context.Background(), "unix://"+socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	workers, err := c.ListWorkers(context.Background())
	if err != nil || len(workers) != 1 || len(workers[0].GCPolicy) == 0 || workers[0].GCPolicy[len(workers[0].GCPolicy)-1].MaxUsedSpace != 80<<30 {
		t.Errorf("the cache may take %+v, %v", workers[0].GCPolicy, err)
	}
	for who, c := range map[string]struct {
		flags []string
		ok    bool
	}{
		"a client":                   {[]string{"--tlsdir", filepath.Join(dir, "client"), "--tlsservername", name}, true},
		"a client of another name":   {[]string{"--tlsdir", filepath.Join(dir, "client"), "--tlsservername", "arm64.builders.example"}, false},
		"a builder":                  {[]string{"--tlsdir", filepath.Join(dir, name), "--tlsservername", name}, false},
		"one without a certificate":  {[]string{"--tlscacert", filepath.Join(dir, "ca.pem"), "--tlsservername", name}, false},
		"one that does not know TLS": {nil, false},
	} {
		ask := exec.Command("buildctl", append(append([]string{"--addr", "tcp://127.0.0.1:" + port, "--timeout", "30"}, c.flags...), "debug", "workers")...)
		if out, err := ask.CombinedOutput(); (err == nil) != c.ok {
			t.Errorf("%s: %v\n%s", who, err, out)
		}
	}
}

// TestBuildersOfBuildx makes the builders of docs/scaling.md whose machines buildx does not start.
func TestBuildersOfBuildx(t *testing.T) {
	t.Parallel()
	frontendImage(t)
	all := sections(t, "scaling.md")
	for name, names := range map[string][]string{"One builder of many machines": {"amd64.builders.example", "arm64.builders.example"}, "Kubernetes": clusterNames(t)} {
		made := 0
		script := "set -e\n"
		for _, line := range strings.Split(strings.ReplaceAll(all[name].script, "\\\n", ""), "\n") {
			if strings.HasPrefix(line, "export ") {
				script += line + "\n"
			}
			if strings.Contains(line, "--driver remote") {
				made++
				script += line + "\n"
			}
		}
		cmd := exec.Command("sh", "-c", script+"docker buildx ls --format '{{.Name}} {{.DriverEndpoint}}'")
		cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "BUILDX_CONFIG="+t.TempDir())
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
			continue
		}
		found := regexp.MustCompile(`tcp://\S+`).FindAllString(string(out), -1)
		if made == 0 || len(found) != made {
			t.Errorf("%s makes %d nodes, and there are %v\n%s", name, made, found, out)
		}
		for _, at := range found {
			fits(t, at, names)
		}
	}
}

// TestBuildersConfigured holds the configuration of a cluster to the one that TestBuilders starts a builder with.
func TestBuildersConfigured(t *testing.T) {
	all := sections(t, "scaling.md")
	var manifests []string
	var mapped string
	for _, m := range documents(t, all["Kubernetes"].files["kubernetes.yaml"]) {
		manifests = append(manifests, m.Kind)
		if m.Kind == "ConfigMap" {
			mapped = m.Data["buildkitd.toml"]
		}
		if m.Kind != "Namespace" && m.Metadata.Namespace != "buildkit" {
			t.Errorf("the %s %s is in the namespace %q", m.Kind, m.Metadata.Name, m.Metadata.Namespace)
		}
	}
	if manifests[0] != "Namespace" {
		t.Errorf("the namespace has to come first: %v", manifests)
	}
	one := all["One builder of many machines"].files["buildkitd.toml"]
	if got := strings.NewReplacer("tls.crt", "cert.pem", "tls.key", "key.pem", "ca.crt", "ca.pem").Replace(mapped); strings.TrimSpace(got) != strings.TrimSpace(one) {
		t.Errorf("the configurations differ:\n%s\n%s", got, one)
	}
}

// document is what tests read of a manifest.
type document struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
	Data     map[string]string
	Spec     struct {
		Replicas   int
		SecretName string   `yaml:"secretName"`
		DNSNames   []string `yaml:"dnsNames"`
		Usages     []string
		IssuerRef  struct{ Name string } `yaml:"issuerRef"`
		CA         struct {
			SecretName string `yaml:"secretName"`
		}
		Template struct {
			Spec struct {
				Volumes []struct {
					Secret struct {
						SecretName string `yaml:"secretName"`
					}
				}
			}
		}
	}
}

func documents(t *testing.T, text string) []document {
	t.Helper()
	var all []document
	for _, part := range strings.Split(text, "\n---\n") {
		var d document
		if err := yaml.Unmarshal([]byte(part), &d); err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// clusterNames are those that the certificate of a cluster's builders has.
func clusterNames(t *testing.T) []string {
	t.Helper()
	return clusterCertificates(t)["buildkitd-tls"].Spec.DNSNames
}

// clusterCertificates are the certificates of docs/scaling.md, by their Secrets.
func clusterCertificates(t *testing.T) map[string]document {
	t.Helper()
	all := map[string]document{}
	for _, d := range documents(t, sections(t, "scaling.md")["Kubernetes"].files["certificates.yaml"]) {
		if d.Kind == "Certificate" {
			all[d.Spec.SecretName] = d
		}
	}
	return all
}

// builders is how many a cluster has.
func builders(t *testing.T) int {
	t.Helper()
	for _, d := range documents(t, sections(t, "scaling.md")["Kubernetes"].files["kubernetes.yaml"]) {
		if d.Kind == "StatefulSet" {
			return d.Spec.Replicas
		}
	}
	t.Fatal("docs/scaling.md has no StatefulSet")
	return 0
}

// fits checks that an address is one that a certificate with these names is for, and in a cluster one of a pod.
func fits(t *testing.T, address string, names []string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&x509.Certificate{DNSNames: names, Raw: []byte{0}}).VerifyHostname(u.Hostname()); err != nil {
		t.Errorf("%s: %v", address, err)
	}
	if pod, service, ok := strings.Cut(u.Hostname(), ".buildkitd."); ok {
		n, err := strconv.Atoi(strings.TrimPrefix(pod, "buildkitd-"))
		if err != nil || n >= builders(t) || service != "buildkit.svc.cluster.local" {
			t.Errorf("%s is none of the %d builders", address, builders(t))
		}
	}
}

// TestClusterCertificates holds what cert-manager writes to who uses it.
func TestClusterCertificates(t *testing.T) {
	found := clusterCertificates(t)
	for secret, usage := range map[string]string{"buildkitd-tls": "server auth", "buildkitd-client": "client auth"} {
		if d := found[secret]; d.Spec.IssuerRef.Name != "buildkitd" || len(d.Spec.Usages) != 2 || d.Spec.Usages[0] != usage {
			t.Errorf("%s is %+v", secret, d.Spec)
		}
	}
	text, mounted := sections(t, "scaling.md")["Kubernetes"].files, false
	for _, d := range documents(t, text["kubernetes.yaml"]) {
		for _, v := range d.Spec.Template.Spec.Volumes {
			mounted = mounted || v.Secret.SecretName == "buildkitd-tls"
		}
	}
	if !mounted {
		t.Error("no pod has the certificate of the builders")
	}
	for _, d := range documents(t, text["certificates.yaml"]) {
		if d.Kind == "Issuer" && d.Spec.CA.SecretName != "" && found[d.Spec.CA.SecretName].Spec.IssuerRef.Name != "self" {
			t.Errorf("the issuer %s signs with %s, which nobody makes", d.Metadata.Name, d.Spec.CA.SecretName)
		}
		if d.Metadata.Namespace != "buildkit" {
			t.Errorf("%s is in the namespace %q", d.Metadata.Name, d.Metadata.Namespace)
		}
	}
	// What no name of the certificate is for, the check has to refuse.
	if (&x509.Certificate{DNSNames: clusterNames(t), Raw: []byte{0}}).VerifyHostname("buildkitd.buildkit") == nil {
		t.Error("the certificate is for the service, which is no builder")
	}
}
