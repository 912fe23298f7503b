package check

import "socle/internal/schema"

// typeKey chooses the message of a cell that is not of the type of its field.
func typeKey(f *schema.Field, cell []byte) string {
	return "check.type-error." + string(f.Type)
}

func constraintKey(bit schema.Fails) string {
	return constraintKeys[bit]
}

var constraintKeys = map[schema.Fails]string{
	schema.FailRequired:         "check.constraint-error.required",
	schema.FailMinLength:        "check.constraint-error.min-length",
	schema.FailMaxLength:        "check.constraint-error.max-length",
	schema.FailMinimum:          "check.constraint-error.minimum",
	schema.FailMaximum:          "check.constraint-error.maximum",
	schema.FailExclusiveMinimum: "check.constraint-error.exclusive-minimum",
	schema.FailExclusiveMaximum: "check.constraint-error.exclusive-maximum",
	schema.FailPattern:          "check.constraint-error.pattern",
	schema.FailEnum:             "check.constraint-error.enum",
	schema.FailJSONSchema:       "check.constraint-error.json-schema",
	schema.FailSlow:             "check.check-error.slow-pattern",
}

// typeKeys lists the messages of cells that are not of the type of their field.
func typeKeys() []string {
	var out []string
	for _, t := range schema.Types {
		out = append(out, "check.type-error."+string(t))
	}
	return out
}

func allConstraintKeys() []string {
	var out []string
	for bit := schema.FailRequired; bit < schema.FailSlow; bit <<= 1 {
		out = append(out, constraintKeys[bit])
	}
	return out
}
