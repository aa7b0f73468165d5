package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/sigstore/sigstore/pkg/signature"
)

// digest returns the caller's digest where one was sent, else that of message.
func (k *fileKey) digest(message io.Reader, digest *[]byte, hash crypto.Hash) ([]byte, error) {
	if !hash.Available() {
		return nil, fmt.Errorf("hash function %d is not available", uint(hash))
	}
	if len(*digest) == 0 {
		h := hash.New()
		if _, err := io.Copy(h, message); err != nil {
			return nil, err
		}
		return h.Sum(nil), nil
	}
	if len(*digest) != hash.Size() {
		return nil, fmt.Errorf("a digest of %d bytes is not a %s", len(*digest), hash)
	}
	return *digest, nil
}

func (k *fileKey) SignMessage(message io.Reader, opts ...signature.SignOption) ([]byte, error) {
	key, err := k.load()
	if err != nil {
		return nil, err
	}
	var digest []byte
	var hash crypto.SignerOpts = k.hash
	for _, opt := range opts {
		opt.ApplyDigest(&digest)
		opt.ApplyCryptoSignerOpts(&hash)
	}
	if _, pure := key.(ed25519.PrivateKey); pure {
		data, err := io.ReadAll(message)
		if err != nil {
			return nil, err
		}
		if len(digest) != 0 {
			return nil, errors.New("pure Ed25519 signs the message, but a digest was sent")
		}
		return key.Sign(rand.Reader, data, crypto.Hash(0))
	}
	sum, err := k.digest(message, &digest, hash.HashFunc())
	if err != nil {
		return nil, err
	}
	return key.Sign(rand.Reader, sum, hash)
}

func (k *fileKey) VerifySignature(sig, message io.Reader, opts ...signature.VerifyOption) error {
	pub, err := k.PublicKey()
	if err != nil {
		return err
	}
	var hash crypto.SignerOpts = k.hash
	for _, opt := range opts {
		opt.ApplyCryptoSignerOpts(&hash)
	}
	verifier, err := signature.LoadVerifier(pub, hash.HashFunc())
	if err != nil {
		return err
	}
	return verifier.VerifySignature(sig, message, opts...)
}
