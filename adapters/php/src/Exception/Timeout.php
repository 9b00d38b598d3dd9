<?php

declare(strict_types=1);

namespace RestSessions\Exception;

/**
 * The server did not answer in time. A write may have been done.
 */
final class Timeout extends RestSessionsException
{
}
