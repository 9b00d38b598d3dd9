<?php

declare(strict_types=1);

namespace RestSessions\Exception;

/**
 * A request that is no webhook of the server: invalid_headers, wrong_timestamp, wrong_signature, invalid_body. Answer it with 400.
 */
final class InvalidWebhook extends RestSessionsException
{
}
