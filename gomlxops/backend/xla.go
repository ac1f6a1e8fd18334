//go:build cgo && !noxla && ((linux && (amd64 || arm64)) || (darwin && arm64))

package backend

import "github.com/gomlx/go-xla/compute/xla" // the backend "xla"

func init() {
	xla.EnableAutoInstall(false) // nothing is downloaded behind the user's back
}
