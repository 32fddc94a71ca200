package integration

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// watch looks at the processes below an engine that run a program, until the function
// that it returns is called, which tells the most memory (in bytes) that one of them had.
func (o *owned) watch(program string) (stop func() int64) {
	done, peak := make(chan struct{}), make(chan int64)
	go func() {
		var most int64
		again := time.NewTicker(10 * time.Millisecond)
		defer again.Stop()
		for {
			most = max(most, o.memory(program))
			select {
			case <-done:
				peak <- most
				return
			case <-again.C:
			}
		}
	}()
	return func() int64 { close(done); return <-peak }
}

// memory is the most that a process of a program below the engine has had so far, which
// the kernel keeps.
func (o *owned) memory(program string) int64 {
	var most int64
	exes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range exes {
		if target, err := os.Readlink(exe); err != nil || target != program {
			continue
		}
		status := procStatus(filepath.Dir(exe))
		for pid := status["PPid"]; ; pid = procStatus("/proc/" + pid)["PPid"] {
			if pid == strconv.Itoa(o.running.Process.Pid) {
				kb, _ := strconv.ParseInt(strings.TrimSuffix(status["VmHWM"], " kB"), 10, 64)
				most = max(most, kb<<10)
			}
			if pid == "" || pid == "0" || pid == strconv.Itoa(o.running.Process.Pid) {
				break
			}
		}
	}
	return most
}

// procStatus are the lines of a process's status.
func procStatus(dir string) map[string]string {
	data, _ := os.ReadFile(filepath.Join(dir, "status"))
	fields := map[string]string{}
	for _, line := range strings.Split(string(data), "\n") {
		name, value, _ := strings.Cut(line, ":")
		fields[name] = strings.TrimSpace(value)
	}
	return fields
}
