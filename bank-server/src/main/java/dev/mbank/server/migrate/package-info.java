/** The command that moves the bank to another database. */
@NullMarked
package dev.mbank.server.migrate;

import org.jspecify.annotations.NullMarked;
