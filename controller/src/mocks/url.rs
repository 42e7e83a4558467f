//! Addresses of the web in their normal form (RFC 3986 §6.2).
