<?php

declare(strict_types=1);

namespace RestSessions\Exception;

/**
 * There was no connection to the server, or it broke. A write may have been done.
 */
final class ServerLost extends RestSessionsException
{
}
