package crtarget

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// TestCancelBeforeReady cancels a manager whose cache is not in sync yet. In
// controller-runtime 0.25.2 the loop that waits for the cache does not leave
// when the context is cancelled but turns for ever; no release has mended it.
func TestCancelBeforeReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := false
		mgr, err := manager.New(&rest.Config{}, manager.Options{
			Metrics: server.Options{BindAddress: "0"},
			NewCache: func(*rest.Config, cache.Options) (cache.Cache, error) {
				return &informertest.FakeInformers{Synced: &never}, nil
			},
			NewClient:      func(*rest.Config, client.Options) (client.Client, error) { return nil, nil },
			MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return meta.NewDefaultRESTMapper(nil), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := mgr.Start(ctx); err != nil {
			t.Log(err)
		}
	})
}
