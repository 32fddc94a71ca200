package diag

import "strings"

// Entry is a kind of mistake. Its number never changes and is never used again.
type Entry struct {
	// Code is what messages end with, as "PB101".
	Code string
	// Name is for people who talk about it, as "UnreadableFile".
	Name string
	// Meaning is one sentence, with which the entry's section in docs/errors starts.
	Meaning string
}

// Catalogue has every code, in order. docs/errors has a section for each: what
// happened, an example, why, and what to do.
func Catalogue() []Entry {
	return []Entry{
		{"PB001", "Encoding", "A file is not UTF-8."},
		{"PB002", "Syntax", "A file is not TOML."},
		{"PB003", "DefinedTwice", "A key or a table is written twice."},
		{"PB004", "UnknownKey", "The configuration has a key that pybuild does not know, or not at that place."},
		{"PB005", "WrongType", "A value has another type than its key takes."},
		{"PB006", "OutOfBounds", "A number or a duration is too small, too large, or none."},
		{"PB007", "InvalidName", "What should be the name of a package, group, variable, account, label or target is none."},
		{"PB008", "InvalidVersion", "What should be a version of Python or uv is none, or one that pybuild does not build."},
		{"PB009", "InvalidPath", "A path or a pattern has a form that cannot work where it stands."},
		{"PB010", "InvalidChoice", "A value is none of those that its key takes."},
		{"PB011", "InvalidReference", "What should be the reference of an image or the URL of a mirror is none."},
		{"PB012", "InvalidStart", "What the container is to run is written in a form that Python cannot load."},
		{"PB013", "EmptyValue", "A value says nothing."},
		{"PB014", "ControlCharacter", "A text holds a character that has no place in it, such as a newline."},
		{"PB015", "Exclusive", "Two keys stand beside each other of which only one can be meant."},
		{"PB016", "NeedsKey", "A key means nothing without another one."},
		{"PB017", "UnplacedSecret", "A secret does not say what it is called or where its value goes."},
		{"PB018", "DockerInstructions", "The file of -f is a Dockerfile."},
		{"PB019", "CheckOptions", "The line `# check=` is wrong."},

		{"PB101", "UnreadableFile", "A file of the project is there and cannot be read."},
		{"PB102", "NoManifest", "A lock is there without the manifest that it belongs to."},
		{"PB103", "InvalidRequirement", "What should be a requirement or the name of a project is none."},
		{"PB104", "InvalidGroup", "A dependency group has something in it that is neither a requirement nor another group."},
		{"PB105", "InvalidRange", "What should be a range of versions is none."},
		{"PB106", "StaleLock", "The lock does not fit its manifest any more."},
		{"PB107", "LockVersion", "The lock has a format that this pybuild does not read."},
		{"PB108", "BrokenLock", "The lock says something that its tool does not write."},
		{"PB109", "MergeConflict", "A file has the marks of an unfinished merge."},
		{"PB110", "UnknownGroup", "The configuration names a group or an extra that the lock does not have."},
		{"PB111", "UnknownMember", "It is not clear which member of the workspace the image is made of."},
		{"PB112", "SeveralInputs", "Several files list dependencies, and nothing says which of them the image installs."},
		{"PB113", "NotInContext", "A file or directory that something names is not in the build context."},
		{"PB114", "OutsideContext", "A path leads out of the build context."},
		{"PB115", "RequirementsOption", "A requirements file has an option that pip does not know, or at the wrong place."},
		{"PB116", "PartialHashes", "Some requirements have hashes, and others have none."},
		{"PB117", "LockedTwice", "The lock has two versions of a package for one environment."},
		{"PB118", "InlineMetadata", "The inline metadata of a script cannot be read, or is not there."},
		{"PB119", "NoHistory", "The version of the project comes from git, and the build context has no repository."},
		{"PB120", "NotInstallable", "The lock has a package that cannot be installed with certainty."},
		{"PB121", "UnknownInput", "The file that `input` names is none that says what to install."},
		{"PB122", "NotACertificate", "The file of `ca` is no certificate."},
		{"PB123", "IgnorePattern", "A line of .dockerignore is no pattern."},

		{"PB201", "InvalidPythonRequest", "A file that should name a version of Python names none."},
		{"PB202", "PythonConflict", "Two files ask for different Pythons."},
		{"PB203", "PythonUnavailable", "No image has the Python that the project asks for."},
		{"PB204", "UnusableImage", "An image cannot be loaded."},
		{"PB205", "NoPython", "An image has no Python that runs."},
		{"PB206", "BasePython", "The base has another Python than `python` says."},
		{"PB207", "BuilderMismatch", "What the builder compiles, the base cannot load."},
		{"PB208", "NoPackageManager", "An image can install no packages of its distribution."},
		{"PB209", "AccountTaken", "The base has the account of `[runtime]` under another number."},

		{"PB301", "NothingStarts", "Nothing says what the container runs."},
		{"PB302", "SeveralStarts", "The source has more than one thing that the container could run."},
		{"PB303", "NoServer", "No installed package can serve the app."},
		{"PB304", "WrongServer", "The server does not speak the app's interface."},
		{"PB305", "SeveralServers", "More than one installed package can serve the app."},
		{"PB306", "InvalidProcfile", "A line of the Procfile cannot be read."},
		{"PB307", "WorkersWithoutApp", "Workers are asked for, and nothing serves."},
		{"PB308", "NothingToCollect", "`collectstatic` is asked for, and Django has nothing to collect."},
		{"PB309", "NothingToAsk", "A health check says how often to ask, and nothing says what."},
		{"PB310", "NotInSource", "The source does not have what the configuration starts."},
		{"PB311", "NotPython", "What the container starts has a file that its Python cannot compile."},
		{"PB312", "FrameworkNotInstalled", "What starts imports a framework that no package brings."},

		{"PB401", "UnknownTarget", "There is no target of that name."},
		{"PB402", "NothingToTest", "The target test has nothing to run."},
		{"PB403", "NothingToLock", "The target lock has nothing that uv would lock."},
		{"PB404", "CheckFailed", "A check found something, and its findings are to be errors."},
		{"PB405", "NoProject", "The command line finds no project where it looks."},
		{"PB406", "FileExists", "A file that a command would write is there already."},
		{"PB407", "NotWritable", "A command cannot write into the project's directory."},
		{"PB408", "NothingToMigrate", "There is no file to migrate from."},
		{"PB409", "NotMigratable", "What builds the image today is of no kind that pybuild builds."},
		{"PB410", "NotADockerfile", "The file to migrate from cannot be read as what it is by its name."},
		{"PB411", "LeftToDo", "A migration left something to do by hand, and that is to be an error."},
		{"PB412", "NothingToList", "A bill of materials is asked for, of files that are no image."},
		{"PB413", "NoDockerfile", "A build has a text that a Dockerfile has no form for."},
		{"PB414", "NoDate", "The date to give the image is none."},

		{"PB501", "NoSolution", "No set of published packages is what the requirements ask for."},
		{"PB502", "NoWheel", "A package is not published for this Python and platform."},
		{"PB503", "HashMismatch", "A file is not the one that was locked."},
		{"PB504", "LoginRefused", "A package index wants a login, or refuses the one it gets."},
		{"PB505", "UnknownAuthority", "A server's certificate is signed by nobody that the build knows."},
		{"PB506", "NameLookup", "The build cannot look up the name of a server."},
		{"PB507", "Unreachable", "A server does not answer as it should."},
		{"PB508", "MissingHeader", "A package is compiled, and a C header that it includes is not there."},
		{"PB509", "MissingProgram", "A package is compiled, and a program that this takes is not there."},
		{"PB510", "MissingLibrary", "A package is compiled, and a library to link with is not there."},
		{"PB511", "BuildFailed", "A package has no wheel that fits, and building it failed."},
		{"PB512", "NoSpace", "The builder's disk is full."},
		{"PB513", "OutOfMemory", "The build ran out of memory."},
		{"PB514", "NoSystemPackage", "The image's distribution does not have a package, or not in that version."},
		{"PB515", "GitLogin", "A git server wants a login, or its key is not known."},
		{"PB516", "GitReference", "A repository, or what is asked for in it, is not there."},
		{"PB517", "UVVersion", "The project wants another version of uv than the one that installs."},
		{"PB518", "PythonRange", "A package or the project wants another Python than the image has."},
		{"PB519", "NotInWheelhouse", "A locked file is not in the wheelhouse."},
		{"PB520", "Gone", "A locked file is not where the lock says."},
		{"PB521", "MissingSharedLibrary", "What was compiled needs a shared library that the image does not have."},
		{"PB522", "StaticFiles", "Django could not collect the static files."},
		{"PB523", "TestsFailed", "The tests failed."},
		{"PB524", "UndeclaredRequirement", "A package needs another one to be built, and does not say so."},
		{"PB525", "NotPassed", "A secret or an agent that the build needs was not passed."},
		{"PB526", "BuildWithSecrets", "A package would be built where secrets are seen, to know what it needs."},
		{"PB527", "NoWheelToBuildWith", "A package that another is built with has no wheel, and the build has secrets."},
		{"PB599", "StepFailed", "A step failed, and pybuild does not know why."},

		{"PB601", "CredentialInFile", "A file that goes into the build has a credential in it."},
		{"PB602", "StalePins", "The lock of images does not have the images of the build."},
		{"PB603", "NoHash", "A hermetic build would take something that has no hash in a lock."},
		{"PB604", "NeedsNetwork", "A hermetic build would need a network for more than Debian's packages of one moment."},
		{"PB605", "UnpinnedSystem", "A hermetic build would install the distribution's packages of the day."},
		{"PB606", "InvalidWheel", "A wheel would write where it has no business."},
		{"PB607", "SecretInLock", "A secret would be written into a lock."},

		{"PB701", "TooDeep", "Tables or lists are nested deeper than any real file's."},
		{"PB702", "TooLarge", "A file, or all of them together, is larger than what is read of a project."},
		{"PB703", "TooMany", "A project has more packages, requirements or files than are read."},
		{"PB704", "TooLong", "A text or a line is longer than any real one."},
		{"PB705", "HiddenCharacter", "A name or a URL of the project's files holds a character that cannot be seen."},

		{"PB801", "OldEngine", "The engine is older than BuildKit 0.8 (Docker 20.10)."},
		{"PB802", "UnfilteredContext", "The engine would put ignored files of a remote context into the image."},
	}
}

// Page is the place in the documentation that explains a code.
func Page(code string) string {
	return pages + PageFile(code) + "#" + strings.ToLower(code)
}

// See leads to the pages of the errors in err: one line, or nothing.
func See(err error) string {
	code := ""
	for _, e := range All(err) {
		switch {
		case code == "":
			code = e.Code
		case e.Code != code:
			return "see " + pages
		}
	}
	if code == "" {
		return ""
	}
	return "see " + Page(code)
}

// docs is where the documentation of the released version is, pages where that of errors is.
const (
	docs  = "https://github.com/pybuild/pybuild/blob/main/docs/"
	pages = docs + "errors/"
)

// PageFile is the file of docs/errors that has a code.
func PageFile(code string) string {
	if len(code) != len("PB000") {
		return "README.md"
	}
	files := []string{"configuration.md", "project.md", "python.md", "starting.md", "targets.md", "steps.md", "trust.md", "limits.md", "engine.md"}
	if i := int(code[2] - '0'); i >= 0 && i < len(files) {
		return files[i]
	}
	return "README.md"
}
