package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sigstore/sigstore/pkg/signature"
)

// generators maps the plugin's algorithm names to how a key of it is made.
var generators = map[string]func() (crypto.Signer, error){
	"ecdsa-p256": func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
	"ecdsa-p384": func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) },
	"ed25519": func() (crypto.Signer, error) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	},
}

// keyPath resolves a key's name inside UPSTREAM_KMS_DIR, and nowhere else.
func keyPath(id string) (string, error) {
	dir := os.Getenv("UPSTREAM_KMS_DIR")
	if dir == "" {
		return "", errors.New("UPSTREAM_KMS_DIR is not set")
	}
	if !filepath.IsLocal(id) {
		return "", fmt.Errorf("key name %q is not a plain relative path", id)
	}
	return filepath.Join(dir, id), nil
}

// fileKey is one key file and the hash that the caller asked for at start.
type fileKey struct {
	path string
	hash crypto.Hash
}

func (k *fileKey) DefaultAlgorithm() string { return "ecdsa-p256" }

func (k *fileKey) SupportedAlgorithms() []string {
	return []string{"ecdsa-p256", "ecdsa-p384", "ed25519"}
}

func (k *fileKey) CreateKey(_ context.Context, algorithm string) (crypto.PublicKey, error) {
	generate, ok := generators[algorithm]
	if !ok {
		return nil, fmt.Errorf("unsupported algorithm %q", algorithm)
	}
	key, err := generate()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	// O_EXCL: creating a key never overwrites one.
	f, err := os.OpenFile(k.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return key.Public(), errors.Join(err, f.Close())
}

func (k *fileKey) load() (crypto.Signer, error) {
	data, err := os.ReadFile(k.path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM", k.path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s holds a %T, which cannot sign", k.path, key)
	}
	return signer, nil
}

func (k *fileKey) PublicKey(...signature.PublicKeyOption) (crypto.PublicKey, error) {
	key, err := k.load()
	if err != nil {
		return nil, err
	}
	return key.Public(), nil
}

func (k *fileKey) CryptoSigner(context.Context, func(error)) (crypto.Signer, crypto.SignerOpts, error) {
	return nil, nil, errors.New("not part of the plugin protocol")
}
