/** What a header can hold (RFC 9110, 5.5). Node throws for everything else, and a line break would begin a header of its own. */
export const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/
