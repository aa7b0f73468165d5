//! What tests share: the suite every signer passes, tokens, peers, the command line.
