<?php

declare(strict_types=1);

namespace RestSessions\Exception;

/**
 * The client is set up wrongly: its URL, its key, its app.
 */
final class Configuration extends RestSessionsException
{
}
