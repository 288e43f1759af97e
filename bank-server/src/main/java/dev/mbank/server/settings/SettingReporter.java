package dev.mbank.server.settings;

import org.springframework.boot.SpringBootExceptionReporter;

/**
 * Keeps Spring Boot from logging a wrong setting, which {@link StartFailure} tells. What fails
 * before there is a logging system cannot be kept quiet by levels in application.yml.
 */
final class SettingReporter implements SpringBootExceptionReporter {

  @Override
  public boolean reportException(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SettingException) {
        return true;
      }
    }
    return false;
  }
}
