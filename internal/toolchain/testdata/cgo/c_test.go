package cgo

import (
	"testing"
	"testing/synctest"
)

func TestC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Error(Seven())
	})
}
