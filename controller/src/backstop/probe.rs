//! What this machine's kernel can, found by trying.
