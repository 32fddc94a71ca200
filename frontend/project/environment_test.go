package project

import "testing"

func TestEnvironmentHolds(t *testing.T) {
	env := Environment{Python: "3.13.2", Machine: "aarch64"}
	for marker, want := range map[string]bool{
		"":                                             true,
		`python_version >= "3.9"`:                      true,
		`python_version < "3.9"`:                       false,
		`python_version == "3.13"`:                     true,
		`python_version ~= "3.12"`:                     true,
		`"3.14" > python_version`:                      true,
		`python_version == "3.1.*"`:                    false,
		`python_full_version < "3.13.2"`:               false,
		`python_version in "3.12 3.13"`:                true,
		`python_version not in "3.12 3.13"`:            false,
		`sys_platform == "win32"`:                      false,
		`sys_platform != "win32" and extra == "pg"`:    true,
		`extra == "PG"`:                                true,
		`extra == "other"`:                             false,
		`platform_machine == "x86_64"`:                 false,
		`"arch" in platform_machine`:                   true,
		`implementation_name == "pypy"`:                false,
		`platform_python_implementation != "PyPy"`:     true,
		`os_name == "nt" or platform_release > "2"`:    false,
		`(os_name == "posix") and not_a_variable > ""`: false,
		`nonsense`: true,
	} {
		if got := env.Holds(marker, []string{"pg"}); got != want {
			t.Errorf("%s holds: %v, want %v", marker, got, want)
		}
	}
}
