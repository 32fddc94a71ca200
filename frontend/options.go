package frontend

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"

	"github.com/pybuild/pybuild/frontend/diag"
	"github.com/pybuild/pybuild/llb/plan"
)

// runOptions are the flags of the build that every process obeys.
func (in *inputs) runOptions() []bk.RunOption {
	ui := in.ui
	opts := []bk.RunOption{bk.Network(ui.NetworkMode)}
	if proxy, ok := proxyEnv(ui.BuildArgs); ok {
		opts = append(opts, bk.WithProxy(proxy))
	}
	for _, h := range ui.ExtraHosts {
		opts = append(opts, bk.AddExtraHost(h.Host, h.IP))
	}
	if ui.Hostname != "" {
		opts = append(opts, bk.Hostname(ui.Hostname))
	}
	if in.can(pb.CapExecMetaUlimit) {
		for _, u := range ui.Ulimits {
			opts = append(opts, bk.AddUlimit(bk.UlimitName(u.Name), u.Soft, u.Hard))
		}
	}
	if ui.CgroupParent != "" && in.can(pb.CapExecMetaCgroupParent) {
		opts = append(opts, bk.WithCgroupParent(ui.CgroupParent))
	}
	if ui.ShmSize > 0 && in.can(pb.CapExecMountTmpfsSize) {
		opts = append(opts, bk.AddMount("/dev/shm", bk.Scratch(), bk.Tmpfs(bk.TmpfsSize(ui.ShmSize))))
	}
	return opts
}

// proxyEnv reads the proxies that the client passes as build arguments. They
// never enter a cache key.
func proxyEnv(args map[string]string) (proxy bk.ProxyEnv, ok bool) {
	for _, p := range []struct {
		name  string
		value *string
	}{
		{"http_proxy", &proxy.HTTPProxy},
		{"https_proxy", &proxy.HTTPSProxy},
		{"ftp_proxy", &proxy.FTPProxy},
		{"no_proxy", &proxy.NoProxy},
		{"all_proxy", &proxy.AllProxy},
	} {
		for _, name := range []string{p.name, strings.ToUpper(p.name)} {
			if value, given := args[name]; given {
				*p.value, ok = value, true
			}
		}
	}
	return proxy, ok
}

// lastSecond is the last one that the configuration of an image has a form for.
const lastSecond = 253402300799

// readEpoch reads SOURCE_DATE_EPOCH (reproducible-builds.org), which dates the image.
func (in *inputs) readEpoch() error {
	text := in.ui.BuildArgs["SOURCE_DATE_EPOCH"]
	if text == "" {
		return nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds > lastSecond {
		return &diag.Error{Code: "PB414", Message: fmt.Sprintf("SOURCE_DATE_EPOCH is %q, and no number of seconds since 1970", plan.Shorten(text, 50)),
			Hint: "write one, such as --build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)"}
	}
	t := time.Unix(seconds, 0).UTC()
	in.epoch = &t
	return nil
}
