package sockets

import (
	"encoding/binary"
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// bound is a socket that listens, whoever it belongs to.
type bound struct {
	ip    net.IP
	port  int
	inode uint64
}

// The messages of sock_diag(7): a request is a header and inet_diag_req_v2, an answer is a header and inet_diag_msg.
const (
	headerSize  = 16
	requestSize = 56
	answerSize  = 72
)

// listening asks the kernel for the listening TCP sockets of our network namespace. /proc/net/tcp tells them too, but goes through
// all connections of the machine for it, those that linger included.
func listening() ([]bound, error) {
	s, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_INET_DIAG)
	if err != nil {
		return nil, err
	}
	defer unix.Close(s)
	if err := unix.SetsockoptTimeval(s, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		return nil, err
	}
	var out []bound
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		if err := unix.Sendto(s, diagRequest(family), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			return nil, err
		}
		buf := make([]byte, 32<<10)
		for done := false; !done; {
			n, _, err := unix.Recvfrom(s, buf, 0)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil {
				return nil, err
			}
			var more []bound
			if more, done, err = parseDiag(buf[:n]); err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
	}
	return out, nil
}

// diagRequest asks for all TCP sockets of a family that listen.
func diagRequest(family byte) []byte {
	b := make([]byte, headerSize+requestSize)
	binary.NativeEndian.PutUint32(b[0:], uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], unix.SOCK_DIAG_BY_FAMILY)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	b[headerSize], b[headerSize+1] = family, unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(b[headerSize+4:], 1<<tcpListen)
	return b
}

var errDiag = errors.New("the kernel's answer about sockets makes no sense")

// parseDiag reads the messages of one answer; done says that it was the last one.
func parseDiag(b []byte) (out []bound, done bool, err error) {
	for len(b) >= headerSize {
		size := int(binary.NativeEndian.Uint32(b))
		if size < headerSize || size > len(b) {
			return nil, false, errDiag
		}
		body := b[headerSize:size]
		switch binary.NativeEndian.Uint16(b[4:]) {
		case unix.NLMSG_DONE:
			return out, true, nil
		case unix.NLMSG_ERROR:
			if len(body) < 4 {
				return nil, false, errDiag
			}
			return nil, false, unix.Errno(-int32(binary.NativeEndian.Uint32(body)))
		case unix.SOCK_DIAG_BY_FAMILY:
			if len(body) < answerSize {
				return nil, false, errDiag
			}
			ip := net.IP(append([]byte(nil), body[8:24]...))
			if body[0] == unix.AF_INET {
				ip = ip[:4]
			}
			out = append(out, bound{ip, int(binary.BigEndian.Uint16(body[4:])), uint64(binary.NativeEndian.Uint32(body[68:]))})
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return out, false, nil
}
