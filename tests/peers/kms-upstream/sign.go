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

// byLength: the hashes whose digest may come without a hash function of its own.
// cosign sends a P-384 key's SHA-384 digest so, with SHA-256 in initOptions.
var byLength = map[int]crypto.Hash{32: crypto.SHA256, 48: crypto.SHA384, 64: crypto.SHA512}

// digest returns the caller's digest where one was sent, else that of message.
// asked is the call's own hash function, nil where it names none.
func (k *fileKey) digest(message io.Reader, digest []byte, asked crypto.SignerOpts) ([]byte, crypto.Hash, error) {
	hash := k.hash
	if asked != nil {
		hash = asked.HashFunc()
	} else if len(digest) != 0 {
		hash = byLength[len(digest)]
	}
	if !hash.Available() {
		return nil, 0, fmt.Errorf("no hash function for this message (%d, digest of %d bytes)", uint(hash), len(digest))
	}
	if len(digest) == 0 {
		h := hash.New()
		if _, err := io.Copy(h, message); err != nil {
			return nil, 0, err
		}
		return h.Sum(nil), hash, nil
	}
	if len(digest) != hash.Size() {
		return nil, 0, fmt.Errorf("a digest of %d bytes is not a %s", len(digest), hash)
	}
	return digest, hash, nil
}

func (k *fileKey) SignMessage(message io.Reader, opts ...signature.SignOption) ([]byte, error) {
	key, err := k.load()
	if err != nil {
		return nil, err
	}
	var digest []byte
	var asked crypto.SignerOpts
	for _, opt := range opts {
		opt.ApplyDigest(&digest)
		opt.ApplyCryptoSignerOpts(&asked)
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
	sum, hash, err := k.digest(message, digest, asked)
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
	verifier, err := signature.LoadVerifier(pub, k.hash)
	if err != nil {
		return err
	}
	return verifier.VerifySignature(sig, message, opts...)
}
