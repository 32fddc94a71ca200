package frontend

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/pybuild/pybuild/frontend/config"
	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/frontend/planner"
)

const fullDisk = "no space left on device"

var (
	missingSecret = regexp.MustCompile(`secret ([^\s:]+): not found`)
	missingAgent  = regexp.MustCompile(`no SSH key "([^"]+)" forwarded from the client`)
	statusCode    = regexp.MustCompile(`\b(?:invalid|unexpected)[^:]*(?: response)? status (?:code |from \S+ request to \S+: )?(\d{3})`)
)

// ofEngine explains what kept the engine itself from running a step.
func ofEngine(failure *diag.Error, text string) bool {
	secret, agent := missingSecret.FindStringSubmatch(text), missingAgent.FindStringSubmatch(text)
	switch {
	case secret != nil:
		failure.Code, failure.Message = "PB525", "the build secret "+secret[1]+" was not passed"
		failure.Hint = "pass it: docker build --secret id=" + secret[1] + ",src=FILE ..., or --secret id=" + secret[1] + " from a variable of that name"
	case agent != nil:
		failure.Code, failure.Message = "PB525", "the agent "+agent[1]+" was not passed"
		failure.Hint = "pass it: docker build --ssh " + agent[1] + " ..."
	case strings.Contains(text, fullDisk):
		failure.Code, failure.Message, failure.Hint = "PB512", "the builder's disk is full", "make room: docker builder prune"
	default:
		return false
	}
	return true
}

// downloader is what the engine fetches a file with: the secret that it logs in with, if
// it does, whether it can, and whether the build lets no step do it instead.
type downloader struct {
	login    string
	logins   bool
	hermetic bool
}

// ofSource explains why the engine could not fetch a file.
func ofSource(failure *diag.Error, identifier, text string, by downloader) bool {
	u, err := url.Parse(identifier)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ofEngine(failure, text)
	}
	name := path.Base(u.Path)
	status := ""
	if m := statusCode.FindStringSubmatch(text); m != nil {
		status = m[1]
	}
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(text, part) {
				return true
			}
		}
		return false
	}
	// Where a step may fetch the file, it has what the build is given; elsewhere only the
	// engine's own network counts.
	alone := by.hermetic || by.login != ""
	step := func(or string) string {
		if alone {
			return ""
		}
		return or + " have a step fetch it, which knows the secrets and proxies of the build: in [build], write wheels = \"cache\""
	}
	switch {
	case has("digest mismatch"):
		failure.Code, failure.Message = "PB503", "the file "+name+" is not the one that was locked"
		failure.Hint = "if it was published anew, lock again; if not, find out who changed it before you build"
	case status == "401" || status == "403":
		failure.Code, failure.Message = "PB504", u.Host+" wants a user name and a password"
		header := config.AuthHeader + u.Hostname()
		switch {
		case by.login != "":
			failure.Message, failure.Hint = "the server refuses what the secret "+by.login+" says", "check its value: it is the whole header, as \"Bearer TOKEN\""
		case by.hermetic && !by.logins:
			failure.Hint = planner.NoLogins
		case by.hermetic:
			failure.Hint = "have the engine send them: in [build], write secrets = [\"" + header + "\"],\n" +
				"and pass a file with the whole header, as \"Bearer TOKEN\": docker build --secret id=" + header + ",src=FILE ..."
		default:
			failure.Hint = "have a step fetch it that is given a netrc file with them: in [build], write\nsecrets = [\"netrc\"]\nwheels = \"cache\"\n" +
				"and pass the file: docker build --secret id=netrc,src=$HOME/.netrc ..."
		}
	case status == "404" || status == "410":
		failure.Code, failure.Message = "PB520", name+" is not where the lock says"
		failure.Hint = "lock again: it was removed, or the lock was made with another index"
	case has("x509:"):
		failure.Code, failure.Message = "PB505", "the certificate of "+u.Host+" is signed by nobody that the engine knows"
		failure.Hint = "in [build], write ca = true, and pass the certificate of your company's CA: docker build --secret id=ca,src=corporate-ca.pem ..."
		if alone {
			failure.Hint = "have the engine know your company's CA: it trusts those of the machine, or the container, that it runs in"
		}
	case has("no such host", "server misbehaving", "Temporary failure in name resolution"):
		failure.Code, failure.Message = "PB506", "the engine cannot look up the name of "+u.Host
		failure.Hint = "give the engine a name server or a proxy that knows it" + step(",\nor")
	case status != "" || has("connection refused", "i/o timeout", "deadline exceeded", "connection reset", "network is unreachable", "no route to host", "EOF"):
		failure.Code, failure.Message = "PB507", u.Host+" does not answer as it should"
		failure.Hint = "try again" + step("; if it answers on this machine and not to the engine,")
	default:
		return ofEngine(failure, text)
	}
	return true
}
