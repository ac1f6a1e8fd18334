package input

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kind says what a word of a text file looks like.
type Kind int

// The kinds of words. What looks like a number to people but is none that is read, such as 0x10, 1,5 or 1e400, is a
// BadNumber.
const (
	Word Kind = iota
	Decimal
	BadNumber
	Missing
)

// KindOf classifies a word.
func KindOf(word string) Kind {
	switch {
	case IsMissing(word):
		return Missing
	case isDecimal(word):
		if _, err := Number(word); err != nil {
			return BadNumber
		}
		return Decimal
	case notFinite(word):
		return BadNumber
	}
	digits := strings.TrimLeft(word, "+-−.,$€ ")
	if digits == "" || digits[0] < '0' || digits[0] > '9' {
		return Word
	}
	if strings.Trim(digits, "0123456789.,_'xXabcdefABCDEF+-% \u00a0\u202f") == "" {
		return BadNumber
	}
	return Word
}

// The words that stand for a value that is not there: any, and those that may be the name of a class.
var (
	missing     = []string{"", "?", "NA", "N/A", "NaN", "nan", "NAN", "NULL", "null", "<NA>", "#N/A"}
	missingElse = []string{"None", "none", "nil", "-", ".", "na", "n/a", "Null"}
)

// IsMissing reports whether a word stands for a number that is not there: empty, ?, NA, NaN, null and the like.
func IsMissing(word string) bool { return IsMissingLabel(word) || slices.Contains(missingElse, word) }

// IsMissingLabel is IsMissing for words that name classes, where "none" or "-" may be a name.
func IsMissingLabel(word string) bool { return slices.Contains(missing, strings.TrimSpace(word)) }

func notFinite(word string) bool {
	word = strings.ToLower(strings.TrimLeft(word, "+-"))
	return word == "inf" || word == "infinity" || word == "nan"
}

// isDecimal reports whether a word is [sign] digits [. digits] [e [sign] digits].
func isDecimal(word string) bool {
	word = strings.TrimPrefix(strings.TrimPrefix(word, "+"), "-")
	digits := func() (n int) {
		for n < len(word) && word[n] >= '0' && word[n] <= '9' {
			n++
		}
		word = word[n:]
		return n
	}
	n := digits()
	if strings.HasPrefix(word, ".") {
		word = word[1:]
		n += digits()
	}
	if n == 0 {
		return false
	}
	if word != "" && (word[0] == 'e' || word[0] == 'E') {
		word = word[1:]
		if word != "" && (word[0] == '+' || word[0] == '-') {
			word = word[1:]
		}
		if digits() == 0 {
			return false
		}
	}
	return word == ""
}

// Number reads a decimal number. Its error says what the word is instead, without saying where.
func Number(word string) (float64, error) {
	if isDecimal(word) {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return 0, fmt.Errorf("%.40q is larger than any 64-bit number", word)
		}
		return v, nil
	}
	lower := strings.ToLower(word)
	switch {
	case strings.TrimSpace(word) == "":
		return 0, fmt.Errorf("the value is missing: the field is empty")
	case notFinite(word):
		return 0, fmt.Errorf("the value is not finite: %s", word)
	case IsMissing(word):
		return 0, fmt.Errorf("the value is missing: %q is not a number", word)
	case strings.HasPrefix(strings.TrimLeft(lower, "+-"), "0x"):
		return 0, fmt.Errorf("%.40q is not a decimal number", word)
	case strings.Contains(word, ",") && isDecimal(strings.ReplaceAll(word, ",", "")):
		return 0, fmt.Errorf("%.40q is not a number: decimal commas and commas between thousands are not read: write a point, and no commas", word)
	}
	return 0, fmt.Errorf("%.40q is not a number", word)
}

// Canonical returns one spelling for all decimal spellings of a number: "1" for 1, 1.0, 01 and 10e-1, exactly and for any
// number of digits. ok is false if the word is not a decimal number.
func Canonical(word string) (spelling string, ok bool) {
	if !isDecimal(word) {
		return "", false
	}
	sign := ""
	if word[0] == '-' {
		sign = "-"
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(strings.TrimLeft(word, "+-")), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0", true
	}
	power, err := strconv.Atoi("0" + exponent)
	if exponent != "" {
		power, err = strconv.Atoi(exponent)
	}
	if err != nil { // an exponent beyond all use: the spelling is its own
		return word, true
	}
	short := strings.TrimRight(digits, "0")
	power += len(digits) - len(short) - len(fraction)
	if power == 0 {
		return sign + short, true
	}
	return fmt.Sprintf("%s%se%d", sign, short, power), true
}
