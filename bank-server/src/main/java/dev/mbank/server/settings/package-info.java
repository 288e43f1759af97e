/** What an operator sets from outside, and how a wrong value is told. */
@NullMarked
package dev.mbank.server.settings;

import org.jspecify.annotations.NullMarked;
