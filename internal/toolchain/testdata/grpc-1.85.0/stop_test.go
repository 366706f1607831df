package grpctarget

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/emptypb"
)

// TestStopAfterGracefulStop calls Stop while GracefulStop waits for a handler
// whose client has gone, and lets the handler end only after Stop returned. In
// grpc 1.83.1 GracefulStop holds the server's lock while it waits for handlers,
// so Stop, which is meant to cut that wait short, blocks; 1.85.0 mended it.
func TestStopAfterGracefulStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, release := make(chan struct{}), make(chan struct{})
		desc := &grpc.ServiceDesc{
			ServiceName: "target.Target",
			HandlerType: (*any)(nil),
			Methods: []grpc.MethodDesc{{
				MethodName: "Wait",
				Handler: func(_ any, ctx context.Context, dec func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
					if err := dec(new(emptypb.Empty)); err != nil {
						return nil, err
					}
					close(started)
					<-release
					return new(emptypb.Empty), nil
				},
			}},
		}
		server := grpc.NewServer()
		server.RegisterService(desc, nil)
		lis := bufconn.Listen(1 << 16)
		served := make(chan error, 1)
		go func() { served <- server.Serve(lis) }()

		conn, err := grpc.NewClient("passthrough:target",
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
			grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		called := make(chan struct{})
		go func() {
			defer close(called)
			_ = conn.Invoke(context.Background(), "/target.Target/Wait", new(emptypb.Empty), new(emptypb.Empty))
		}()
		<-started
		conn.Close()
		<-called

		graceful := make(chan struct{})
		go func() {
			defer close(graceful)
			server.GracefulStop()
		}()
		time.Sleep(time.Second) // the grace period
		server.Stop()
		close(release)
		<-graceful
		<-served
	})
}
