<?php

declare(strict_types=1);

namespace RestSessions\Exception;

/**
 * There is no such session: it never was, has expired, or was ended. It is the only error on which a cookie is cleared.
 */
final class SessionNotFound extends RestSessionsException
{
}
