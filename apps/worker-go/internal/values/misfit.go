package values

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"treadle.dev/treadle/internal/jsonvalue"
)

const problemsShownMax = 5

// describe says what does not fit, in the words that the workers of all languages use: the first place, or with all the first five.
func describe(misfit *jsonschema.ValidationError, all bool) string {
	problems := problemsIn(misfit, nil)
	slices.Sort(problems) // The library goes through objects in any order.
	problems = slices.Compact(problems)
	if !all {
		return problems[0]
	}
	shown := problems[:min(len(problems), problemsShownMax)]
	text := strings.Join(shown, "; ")
	if more := len(problems) - len(shown); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// problemsIn gives what is wrong; most of the errors above those at the bottom only say that something is.
func problemsIn(at *jsonschema.ValidationError, found []string) []string {
	for _, cause := range at.Causes {
		found = problemsIn(cause, found)
	}
	place := "the value"
	for i, part := range at.InstanceLocation {
		if i == 0 {
			place = ""
		}
		place += "/" + pointerPart.Replace(part)
	}
	for _, words := range wordsOf(at) {
		found = append(found, place+" "+words)
	}
	return found
}

var english = message.NewPrinter(language.English)

func wordsOf(at *jsonschema.ValidationError) []string {
	switch k := at.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		return nil
	case *kind.Type:
		return words("must be %s", strings.Join(k.Want, ","))
	case *kind.Required:
		return missing(k.Missing, "must have required property '%s'")
	case *kind.DependentRequired:
		return missing(k.Missing, "must have property %s when property "+k.Prop+" is present")
	case *kind.Enum:
		return words("must be equal to one of the allowed values (%s)", textOf(k.Want))
	case *kind.Const:
		return words("must be equal to constant")
	case *kind.Format:
		return words("must match format %q", k.Want)
	case *kind.Pattern:
		return words("must match pattern \"%s\"", k.Want)
	case *kind.MinLength:
		return words("must NOT have fewer than %d characters", k.Want)
	case *kind.MaxLength:
		return words("must NOT have more than %d characters", k.Want)
	case *kind.Minimum:
		return words("must be >= %s", number(k.Want))
	case *kind.Maximum:
		return words("must be <= %s", number(k.Want))
	case *kind.ExclusiveMinimum:
		return words("must be > %s", number(k.Want))
	case *kind.ExclusiveMaximum:
		return words("must be < %s", number(k.Want))
	case *kind.MultipleOf:
		return words("must be multiple of %s", number(k.Want))
	case *kind.MinItems:
		return words("must NOT have fewer than %d items", k.Want)
	case *kind.MaxItems:
		return words("must NOT have more than %d items", k.Want)
	case *kind.UniqueItems:
		return words("must NOT have duplicate items (items ## %d and %d are identical)", k.Duplicates[1], k.Duplicates[0])
	case *kind.MinContains:
		return words("must contain at least %d valid item(s)", k.Want)
	case *kind.MinProperties:
		return words("must NOT have fewer than %d properties", k.Want)
	case *kind.MaxProperties:
		return words("must NOT have more than %d properties", k.Want)
	case *kind.AdditionalProperties:
		return words("must NOT have additional properties")
	case *kind.PropertyNames:
		return words("property name must be valid")
	case *kind.AnyOf:
		return words("must match a schema in anyOf")
	case *kind.OneOf:
		return words("must match exactly one schema in oneOf")
	case *kind.Not:
		return words("must NOT be valid")
	case *kind.FalseSchema:
		return words("boolean schema is false")
	default:
		return words("%s", k.LocalizedString(english))
	}
}

func words(format string, args ...any) []string { return []string{fmt.Sprintf(format, args...)} }

func missing(names []string, format string) []string {
	found := make([]string, len(names))
	for i, name := range names {
		found[i] = fmt.Sprintf(format, name)
	}
	return found
}

func number(rational *big.Rat) string {
	value, _ := rational.Float64()
	return jsonvalue.Text(value)
}

func textOf(of any) string {
	value, err := jsonvalue.Of(of)
	if err != nil {
		return fmt.Sprint(of)
	}
	return jsonvalue.Text(value)
}
