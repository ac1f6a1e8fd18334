// Package input holds the rules by which the packages below data read files. Whatever a file claims, its reader either
// understands all of it or returns one line that says which file, where in it, what is wrong and what to do.
//
//	opening     regular files only, through links: a folder, pipe, socket or device is refused before it can block. [Open]
//	expansion   what is compressed, in gzip, zip, MATLAB files and images, may expand to [DefaultExpansion] bytes or to ten
//	            times its size on disk, whichever is more. Each of these readers has an option MaxExpanded to raise it.
//	            [Budget], [OpenPacked]
//	sizes       that a file declares are claims: memory grows and loops go on with the bytes that are read. [Reader.Pieces]
//	the end     bytes after the end of the data are an error, and so is a file that ends early. [Reader.End]
//	text        is UTF-8, with or without a byte order mark; lines end in LF, CRLF or CR. NUL bytes, invalid UTF-8 and
//	            UTF-16 are errors, and so are other formats that are known by their first bytes. [Reader.Text], [Reader.Lines]
//	numbers     are decimal, with a point, and finite; no hexadecimal, no comma, no digits beyond float64's range. [Number]
//	images      are PNG or JPEG without transparency: what a transparent pixel would show depends on what lies behind it.
//	            [Image]
//	places      are "file:line:" in text and "file: byte offset n:" in binary data.
package input
