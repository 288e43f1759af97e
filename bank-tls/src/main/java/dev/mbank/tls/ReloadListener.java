package dev.mbank.tls;

/** Hears of each new set of files. */
public interface ReloadListener {

  /** It is in force. */
  void accepted();

  /** It will not do; what was in force still is. */
  void rejected();
}
