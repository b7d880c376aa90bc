"""What several tests share: random and made-up records, places in texts, servers, definitions by exhaustion."""
