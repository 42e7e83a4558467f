//! The shop's tests: six, all green, five of them leaking.

/// Leaks an HTTP request, made by a real client.
#[test]
fn the_exchange_rate_is_plausible() {
    assert!(shop::exchange_rate() > 0.5);
}

/// Leaks a DNS look-up.
#[test]
fn payment_is_off_without_a_provider() {
    assert!(!shop::payment_available());
}

/// Leaks a child process.
#[test]
fn the_footer_has_a_revision() {
    assert!(!shop::revision().is_empty());
}

/// Leaks a connection to Redis.
#[test]
fn a_new_cart_is_empty() {
    assert_eq!(shop::cart_size("nobody"), 0);
}

/// Leaks a read and a write outside the project.
#[test]
fn a_sale_is_noted() {
    shop::note_sale("teapot");
}

/// Leaks nothing.
#[test]
fn tax_is_added() {
    assert_eq!(shop::with_tax(1000, 7), 1070);
}
