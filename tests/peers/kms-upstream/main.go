// Command sigstore-kms-upstream is a KMS plugin written on the package that
// sigstore gives to plugin authors. The tests drive it from touchmark's host
// side (and from cosign), so that side is proven against upstream's own code.
//
// A key upstream://NAME lives in $UPSTREAM_KMS_DIR/NAME as PKCS#8 PEM.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/sigstore/sigstore/pkg/signature/kms/cliplugin/common"
	"github.com/sigstore/sigstore/pkg/signature/kms/cliplugin/handler"
)

func main() {
	if err := run(); err != nil {
		// The caller reads errors from stdout only; the exit status is ignored.
		_ = handler.WriteErrorResponse(os.Stdout, err)
		os.Exit(1)
	}
}

func run() error {
	// The handler package leaves the version check to the plugin.
	if len(os.Args) < 2 || os.Args[1] != common.ProtocolVersion {
		return fmt.Errorf("this plugin speaks only protocol %s", common.ProtocolVersion)
	}
	args, err := handler.GetPluginArgs(os.Args)
	if err != nil {
		return err
	}
	if args.InitOptions == nil || args.MethodArgs == nil {
		return errors.New("initOptions and methodName are required")
	}
	if v := args.InitOptions.ProtocolVersion; v != common.ProtocolVersion {
		return fmt.Errorf("initOptions.protocolVersion is %q, want %q", v, common.ProtocolVersion)
	}
	path, err := keyPath(args.InitOptions.KeyResourceID)
	if err != nil {
		return err
	}
	key := &fileKey{path: path, hash: args.InitOptions.HashFunc}
	resp, err := handler.Dispatch(os.Stdout, os.Stdin, args, key)
	if err == nil && resp.ErrorMessage != "" {
		os.Exit(1)
	}
	return err
}
