//! Signing up and signing in.

mod sign_in;
mod sign_up;
mod welcome;

pub use sign_in::SignIn;
pub use sign_up::SignUp;
pub use welcome::Welcome;
