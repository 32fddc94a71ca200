package project

import (
	"fmt"
	"strings"

	"github.com/pybuild/pybuild/frontend/tomlfile"
	"github.com/pybuild/pybuild/llb/plan"
)

// parseSum splits "algorithm:sum", as locks and requirements have the sum of a file. What
// it takes can be a digest, a word of a shell, and a line's end.
func parseSum(text string) (algorithm, sum string, err error) {
	algorithm, sum, ok := strings.Cut(text, ":")
	if !ok {
		return "", "", fmt.Errorf("%.100q is no sum, such as sha256:<64 digits>", text)
	}
	return algorithm, sum, CheckSum(algorithm, sum)
}

// CheckSum refuses what is no sum of an algorithm that every Python has
// (hashlib.algorithms_guaranteed), as PEP 751 asks for.
func CheckSum(algorithm, sum string) error {
	digits, known := sumDigits(algorithm)
	switch {
	case !known:
		return fmt.Errorf("%.40q is not how files are summed up: sha256 is", algorithm)
	case sum == "" || strings.Trim(sum, "0123456789abcdef") != "" || digits == 0 && len(sum) > 256:
		return fmt.Errorf("%.150q is no sum in lower-case hexadecimal digits", sum)
	case digits != 0 && len(sum) != digits:
		return fmt.Errorf("%.150q has %s, and a sum of %s has %d", sum, plan.Count(len(sum), "digit"), algorithm, digits)
	}
	return nil
}

// sumDigits is how long the sums of an algorithm are, 0 for one that has no length of its own.
func sumDigits(algorithm string) (digits int, known bool) {
	switch algorithm {
	case "md5":
		return 32, true
	case "sha1":
		return 40, true
	case "sha224", "sha3_224":
		return 56, true
	case "sha256", "sha3_256", "blake2s":
		return 64, true
	case "sha384", "sha3_384":
		return 96, true
	case "sha512", "sha3_512":
		return 128, true
	case "blake2b", "shake_128", "shake_256":
		return 0, true
	}
	return 0, false
}

// pipTakes reports an algorithm that pip's requirements may have.
func pipTakes(sum string) bool {
	algorithm, _, _ := strings.Cut(sum, ":")
	return algorithm == "sha256" || algorithm == "sha384" || algorithm == "sha512"
}

// sumMistake is what is wrong with the sum at a path of a lock; nil for a good one, and
// for none.
func sumMistake(file *tomlfile.File, hint, text string, path ...string) error {
	if text == "" {
		return nil
	}
	if _, _, err := parseSum(text); err != nil {
		return mistake("PB108", file, file.At(path...), hint, "%v", err)
	}
	return nil
}
