package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
)

// ensureBridge makes the Docker engine's own bridge. Two engines on docker0
// delete it under each other, and builds then fail with "adding interface
// veth…: Device does not exist".
func ensureBridge(ctx context.Context, p paths) error {
	if link, err := net.InterfaceByName(p.bridge); err == nil {
		if addrs, err := link.Addrs(); err == nil && len(addrs) > 0 && link.Flags&net.FlagUp != 0 {
			return nil
		}
		if err := removeBridge(ctx, p); err != nil {
			return err
		}
	}
	return step("make bridge "+p.bridge, func() error {
		addrs, err := net.InterfaceAddrs()
		if err != nil {
			return err
		}
		gateway, err := freeGateway(addrs)
		if err != nil {
			return err
		}
		var c command
		for _, args := range [][]string{
			{"link", "add", "name", p.bridge, "type", "bridge"},
			{"address", "add", gateway, "dev", p.bridge},
			{"link", "set", p.bridge, "up"},
		} {
			if err := c.run(ctx, "ip", args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// freeGateway picks a /24 that no interface of the machine uses yet.
func freeGateway(taken []net.Addr) (string, error) {
	for third := 77; third < 110; third++ {
		candidate := netip.MustParsePrefix(fmt.Sprintf("172.30.%d.1/24", third))
		free := true
		for _, addr := range taken {
			prefix, err := netip.ParsePrefix(addr.String())
			free = free && (err != nil || !prefix.Overlaps(candidate))
		}
		if free {
			return candidate.String(), nil
		}
	}
	return "", errors.New("no free subnet between 172.30.77.0/24 and 172.30.109.0/24 for the bridge: remove one that is in use")
}

// removeBridge also drops the firewall rules that name the bridge: dockerd
// leaves them behind.
func removeBridge(ctx context.Context, p paths) error {
	var c command
	if _, err := net.InterfaceByName(p.bridge); err == nil {
		if err := c.run(ctx, "ip", "link", "delete", p.bridge); err != nil {
			return err
		}
	}
	if !onPath("iptables")() {
		return nil
	}
	for _, table := range []string{"nat", "filter", "raw"} {
		rules, err := c.output(ctx, "iptables-save", "-t", table)
		if err != nil {
			return nil // no such table in this kernel: nothing of ours in it
		}
		for _, rule := range rulesNaming(rules, p.bridge) {
			_ = c.run(ctx, "iptables", append([]string{"-t", table}, rule...)...)
		}
	}
	return nil
}

// rulesNaming turns the rules of iptables-save that name a link into the
// arguments that delete them.
func rulesNaming(saved, link string) [][]string {
	var found [][]string
	for line := range strings.Lines(saved) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "-A" {
			continue
		}
		for _, word := range words {
			if word == link {
				words[0] = "-D"
				found = append(found, words)
				break
			}
		}
	}
	return found
}

// uplinkMTU is the MTU of the way out, 1500 where it is not known: packets
// larger than that vanish behind some virtual machines' networks.
func uplinkMTU() int {
	const usual = 1500
	routes, err := os.Open("/proc/net/route")
	if err != nil {
		return usual
	}
	defer func() { _ = routes.Close() }()
	for lines := bufio.NewScanner(routes); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[1] != "00000000" {
			continue
		}
		if link, err := net.InterfaceByName(fields[0]); err == nil {
			return link.MTU
		}
	}
	return usual
}
