//! The backend on SoftHSM.

mod pin;
mod sign;
mod token;
