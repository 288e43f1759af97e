/** Who a caller is, as its certificate proves, and what it may do. */
@NullMarked
package dev.mbank.server.security;

import org.jspecify.annotations.NullMarked;
