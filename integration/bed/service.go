package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// service is a daemon that outlives the bed's own process.
type service struct {
	name  string
	exe   string
	args  []string
	env   []string
	stamp string // what the daemon was configured with; another stamp restarts it
	ready func(context.Context) error
}

// record names a process so that a recycled pid is never mistaken for it.
type record struct {
	PID   int    `json:"pid"`
	Start string `json:"start"` // clock ticks after boot
	Boot  string `json:"boot"`
	Exe   string `json:"exe"`
	Stamp string `json:"stamp"`
}

func recordPath(p paths, name string) string { return p.state("pids", name+".json") }

func readRecord(p paths, name string) (record, bool) {
	var r record
	data, err := os.ReadFile(recordPath(p, name))
	return r, err == nil && json.Unmarshal(data, &r) == nil
}

// alive is true when the recorded process itself still runs: same boot, same
// start time, same executable.
func (r record) alive() bool {
	start, err := startTime(r.PID)
	if err != nil || start != r.Start || bootID() != r.Boot {
		return false
	}
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", r.PID))
	return err == nil && strings.TrimSuffix(exe, " (deleted)") == r.Exe
}

func startTime(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	return parseStartTime(string(stat))
}

// parseStartTime reads field 22 of /proc/PID/stat. The process's name, field
// 2, is in parentheses and may hold spaces and parentheses of its own.
func parseStartTime(stat string) (string, error) {
	_, rest, ok := cutLast(stat, ")")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 {
		return "", errors.New("unexpected form of /proc/PID/stat")
	}
	if fields[0] == "Z" {
		return "", errors.New("the process has ended")
	}
	return fields[19], nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

// start brings the service up unless it runs already with the same stamp.
func (s service) start(ctx context.Context, p paths) error {
	// Not the environment: an up from another shell must not restart an engine in use.
	s.stamp = versionKey(append([]string{s.stamp, s.exe}, s.args...)...)
	if r, ok := readRecord(p, s.name); ok && r.alive() && r.Stamp == s.stamp {
		if s.ready(ctx) == nil {
			return nil
		}
	}
	return step("start "+s.name, func() error {
		if err := stopService(ctx, p, s.name); err != nil {
			return err
		}
		r, err := s.spawn(p)
		if err != nil {
			return err
		}
		return s.await(ctx, p, r)
	})
}

func (s service) spawn(p paths) (record, error) {
	for _, dir := range []string{filepath.Dir(p.log(s.name)), filepath.Dir(recordPath(p, s.name)), p.run} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return record{}, err
		}
	}
	log, err := os.Create(p.log(s.name))
	if err != nil {
		return record{}, err
	}
	defer func() { _ = log.Close() }()

	cmd := exec.Command(s.exe, s.args...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), s.env...)
	cmd.Stdout, cmd.Stderr = log, log
	// A session of its own: the terminal's ^C and the end of `go run` are not for it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return record{}, err
	}
	r := record{PID: cmd.Process.Pid, Boot: bootID(), Exe: s.exe, Stamp: s.stamp}
	if r.Start, err = startTime(r.PID); err != nil {
		return record{}, s.died(p)
	}
	go func() { _ = cmd.Wait() }()
	data, err := json.Marshal(r)
	if err == nil {
		err = writeFile(recordPath(p, s.name), data, 0o644)
	}
	if err != nil {
		// A daemon without a record would be one that `down` cannot end.
		_ = cmd.Process.Kill()
		return record{}, err
	}
	return r, nil
}

func (s service) await(ctx context.Context, p paths, r record) error {
	deadline := time.Now().Add(60 * time.Second)
	for {
		err := s.ready(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !r.alive():
			return s.died(p)
		case time.Now().After(deadline):
			return fmt.Errorf("not ready after a minute: %w; its log %s ends with%s", err, p.log(s.name), logTail(p, s.name))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (s service) died(p paths) error {
	return fmt.Errorf("it ended at once; its log %s ends with%s", p.log(s.name), logTail(p, s.name))
}

func logTail(p paths, name string) string {
	data, _ := os.ReadFile(p.log(name))
	return indented(tail(string(data), 15))
}

// stopService ends the recorded process, and only that one.
func stopService(ctx context.Context, p paths, name string) error {
	r, ok := readRecord(p, name)
	if !ok {
		return nil
	}
	for _, attempt := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, 30 * time.Second}, {syscall.SIGKILL, 10 * time.Second}} {
		for deadline := time.Now().Add(attempt.wait); r.alive() && time.Now().Before(deadline) && ctx.Err() == nil; {
			_ = syscall.Kill(r.PID, attempt.signal)
			for range 20 {
				if !r.alive() {
					break
				}
				time.Sleep(50 * time.Millisecond)
			}
		}
	}
	if r.alive() {
		return fmt.Errorf("%s (pid %s) does not end", name, strconv.Itoa(r.PID))
	}
	return os.Remove(recordPath(p, name))
}
