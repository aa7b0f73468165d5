// Command sigstore-go-verify judges a bundle by a public key on sigstore-go, as
// that library's documentation does it, without any log or timestamp:
//
//	sigstore-go-verify KEY.pub sha256:HEX BUNDLE
//
// It prints the verification result as JSON, or says on stderr why the bundle
// is refused and exits with 1.
package main

import (
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/signature"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: sigstore-go-verify KEY.pub ALGORITHM:HEX BUNDLE")
	}
	trusted, err := trust(args[0])
	if err != nil {
		return err
	}
	algorithm, digest, ok := strings.Cut(args[1], ":")
	if !ok {
		return fmt.Errorf("%q is no ALGORITHM:HEX", args[1])
	}
	raw, err := hex.DecodeString(digest)
	if err != nil {
		return err
	}
	signed, err := bundle.LoadJSONFromPath(args[2])
	if err != nil {
		return err
	}
	verifier, err := verify.NewVerifier(trusted, verify.WithNoObserverTimestamps())
	if err != nil {
		return err
	}
	policy := verify.NewPolicy(verify.WithArtifactDigest(algorithm, raw), verify.WithKey())
	result, err := verifier.Verify(signed, policy)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

// trust reads a PEM public key that is valid at any time, whatever hint a bundle has.
func trust(path string) (root.TrustedMaterial, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s is no PEM", path)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	verifier, err := signature.LoadVerifier(key, crypto.SHA256)
	if err != nil {
		return nil, err
	}
	always := root.NewExpiringKey(verifier, time.Time{}, time.Time{})
	return root.NewTrustedPublicKeyMaterial(func(string) (root.TimeConstrainedVerifier, error) {
		return always, nil
	}), nil
}
