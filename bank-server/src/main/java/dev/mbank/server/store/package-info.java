/** The journal in a database, by JDBC. The only package that knows SQL. */
@NullMarked
package dev.mbank.server.store;

import org.jspecify.annotations.NullMarked;
