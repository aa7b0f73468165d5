//! A PKCS#11 module that fails on demand, for tests.
