package dev.mbank.server.security;

/** On which accounts an action is permitted, from the least to the most. */
public enum Scope {
  NONE,
  /** On the accounts that the caller owns: those that give, if money moves. */
  OWN,
  ANY
}
