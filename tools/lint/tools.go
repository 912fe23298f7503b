//go:build tools

// Package lint pins the linter apart from the product, so that its hundreds of
// modules do not weigh on go.mod. scripts/setup builds it into .tools.
package lint

import _ "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"
