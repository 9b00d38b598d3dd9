/** The HttpSession of an application without Spring, on a REST-Sessions server. */
package io.github.restsessions.servlet;
