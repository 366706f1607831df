package process

import "syscall"

var term = syscall.SIGTERM
