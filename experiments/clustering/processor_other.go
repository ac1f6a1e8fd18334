//go:build !unix

package clustering

// processorSeconds returns nothing where the system does not tell it.
func processorSeconds() (seconds float64, ok bool) { return 0, false }
