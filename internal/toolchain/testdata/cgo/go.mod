module cgo

go 1.25
