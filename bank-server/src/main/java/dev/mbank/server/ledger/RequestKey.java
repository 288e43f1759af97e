package dev.mbank.server.ledger;

import java.util.UUID;

/**
 * The name of a write for idempotency: the id that the caller made, in the scope of who it is.
 *
 * @param identity who asked
 * @param requestId the UUID that came with the request
 */
public record RequestKey(Identity identity, UUID requestId) {}
