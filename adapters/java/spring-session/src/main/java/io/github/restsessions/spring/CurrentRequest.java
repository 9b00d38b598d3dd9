package io.github.restsessions.spring;

import io.github.restsessions.store.Device;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/** What is known of the request that a session is begun in. */
final class CurrentRequest {
  private CurrentRequest() {}

  static Device device() {
    RequestAttributes attributes = RequestContextHolder.getRequestAttributes();
    if (!(attributes instanceof ServletRequestAttributes servlet)) return Device.UNKNOWN;
    HttpServletRequest request = servlet.getRequest();
    return Device.of(request.getRemoteAddr(), request.getHeader("User-Agent"));
  }
}
