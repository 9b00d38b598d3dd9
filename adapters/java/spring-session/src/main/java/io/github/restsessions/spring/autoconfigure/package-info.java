/** Spring Boot's part: the properties {@code rest-sessions.*}, and what is made of them. */
package io.github.restsessions.spring.autoconfigure;
