package diag

import "strings"

// Nearest returns the word that name is most likely a slip for, or nothing.
func Nearest(name string, words []string) string {
	name = simplify(name)
	best, found := max(1, len(name)/3)+1, ""
	for _, w := range words {
		if d := distance(name, simplify(w)); d < best {
			best, found = d, w
		}
	}
	return found
}

// distance counts the letters to insert, drop, replace or swap.
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		for j := range rows[i] {
			if i == 0 || j == 0 {
				rows[i][j] = i + j
				continue
			}
			replaced := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// simplify makes the same of names that differ in ways that people overlook.
func simplify(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}
