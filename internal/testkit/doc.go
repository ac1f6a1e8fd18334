// Package testkit holds what the tests of several packages share: the backends and dtypes to run on, golden numbers,
// closeness, and finite differences.
//
// The folder golden holds numbers that other programs made; its README says which.
package testkit
