package sbom

// classifiers are the licences of PyPI's classifiers that say which one it is. The
// others, such as "BSD License", name a family.
func classifiers() map[string]string {
	return map[string]string{
		"Academic Free License (AFL)":                                     "AFL-3.0",
		"Apache Software License":                                         "Apache-2.0",
		"Artistic License":                                                "Artistic-2.0",
		"Blue Oak Model License (BlueOak-1.0.0)":                          "BlueOak-1.0.0",
		"Boost Software License 1.0 (BSL-1.0)":                            "BSL-1.0",
		"CC0 1.0 Universal (CC0 1.0) Public Domain Dedication":            "CC0-1.0",
		"CEA CNRS Inria Logiciel Libre License, version 2.1 (CeCILL-2.1)": "CECILL-2.1",
		"Common Development and Distribution License 1.0 (CDDL-1.0)":      "CDDL-1.0",
		"Eclipse Public License 1.0 (EPL-1.0)":                            "EPL-1.0",
		"Eclipse Public License 2.0 (EPL-2.0)":                            "EPL-2.0",
		"European Union Public Licence 1.1 (EUPL 1.1)":                    "EUPL-1.1",
		"European Union Public Licence 1.2 (EUPL 1.2)":                    "EUPL-1.2",
		"GNU Affero General Public License v3":                            "AGPL-3.0-only",
		"GNU Affero General Public License v3 or later (AGPLv3+)":         "AGPL-3.0-or-later",
		"GNU General Public License v2 (GPLv2)":                           "GPL-2.0-only",
		"GNU General Public License v2 or later (GPLv2+)":                 "GPL-2.0-or-later",
		"GNU General Public License v3 (GPLv3)":                           "GPL-3.0-only",
		"GNU General Public License v3 or later (GPLv3+)":                 "GPL-3.0-or-later",
		"GNU Lesser General Public License v2 (LGPLv2)":                   "LGPL-2.0-only",
		"GNU Lesser General Public License v2 or later (LGPLv2+)":         "LGPL-2.0-or-later",
		"GNU Lesser General Public License v3 (LGPLv3)":                   "LGPL-3.0-only",
		"GNU Lesser General Public License v3 or later (LGPLv3+)":         "LGPL-3.0-or-later",
		"Historical Permission Notice and Disclaimer (HPND)":              "HPND",
		"ISC License (ISCL)":                                              "ISC",
		"MIT License":                                                     "MIT",
		"MIT No Attribution License (MIT-0)":                              "MIT-0",
		"Mozilla Public License 1.0 (MPL)":                                "MPL-1.0",
		"Mozilla Public License 1.1 (MPL 1.1)":                            "MPL-1.1",
		"Mozilla Public License 2.0 (MPL 2.0)":                            "MPL-2.0",
		"Mulan Permissive Software License v2 (MulanPSL-2.0)":             "MulanPSL-2.0",
		"Python Software Foundation License":                              "PSF-2.0",
		"SIL Open Font License 1.1 (OFL-1.1)":                             "OFL-1.1",
		"The Unlicense (Unlicense)":                                       "Unlicense",
		"Universal Permissive License (UPL)":                              "UPL-1.0",
		"University of Illinois/NCSA Open Source License":                 "NCSA",
		"W3C License":            "W3C",
		"Zero-Clause BSD (0BSD)": "0BSD",
		"Zope Public License":    "ZPL-2.1",
		"zlib/libpng License":    "Zlib",
		"GNU Library or Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
		"Open Software License 3.0 (OSL-3.0)":                                "OSL-3.0",
		"PostgreSQL License":                                                 "PostgreSQL",
	}
}

// usualNames are what people write into the field License in place of an identifier.
func usualNames() map[string]string {
	return map[string]string{
		"apache 2":                           "Apache-2.0",
		"apache 2.0":                         "Apache-2.0",
		"apache license 2.0":                 "Apache-2.0",
		"apache license, version 2.0":        "Apache-2.0",
		"apache license version 2.0":         "Apache-2.0",
		"apache software license 2.0":        "Apache-2.0",
		"apache v2":                          "Apache-2.0",
		"apache-2":                           "Apache-2.0",
		"apache2":                            "Apache-2.0",
		"2-clause bsd":                       "BSD-2-Clause",
		"bsd 2-clause":                       "BSD-2-Clause",
		"bsd 2-clause license":               "BSD-2-Clause",
		"simplified bsd":                     "BSD-2-Clause",
		"3-clause bsd":                       "BSD-3-Clause",
		"3-clause bsd license":               "BSD-3-Clause",
		"bsd 3 clause":                       "BSD-3-Clause",
		"bsd 3-clause":                       "BSD-3-Clause",
		"bsd 3-clause license":               "BSD-3-Clause",
		"modified bsd":                       "BSD-3-Clause",
		"modified bsd license":               "BSD-3-Clause",
		"new bsd":                            "BSD-3-Clause",
		"new bsd license":                    "BSD-3-Clause",
		"gplv2":                              "GPL-2.0-only",
		"gplv2+":                             "GPL-2.0-or-later",
		"gplv3":                              "GPL-3.0-only",
		"gplv3+":                             "GPL-3.0-or-later",
		"agplv3":                             "AGPL-3.0-only",
		"agplv3+":                            "AGPL-3.0-or-later",
		"lgplv2+":                            "LGPL-2.0-or-later",
		"lgplv3":                             "LGPL-3.0-only",
		"lgplv3+":                            "LGPL-3.0-or-later",
		"isc license":                        "ISC",
		"isc license (iscl)":                 "ISC",
		"mit license":                        "MIT",
		"the mit license":                    "MIT",
		"the mit license (mit)":              "MIT",
		"mit-license":                        "MIT",
		"mozilla public license 2.0":         "MPL-2.0",
		"mpl 2.0":                            "MPL-2.0",
		"mpl2":                               "MPL-2.0",
		"psf":                                "PSF-2.0",
		"psf license":                        "PSF-2.0",
		"python software foundation license": "PSF-2.0",
		"unlicense":                          "Unlicense",
		"the unlicense":                      "Unlicense",
		"zpl 2.1":                            "ZPL-2.1",
	}
}

// debianNames are Debian's short names (DEP 5) that SPDX has another one for.
func debianNames() map[string]string {
	return map[string]string{
		"apache-2":     "Apache-2.0",
		"artistic":     "Artistic-1.0-Perl",
		"artistic-2":   "Artistic-2.0",
		"bsd-2-clause": "BSD-2-Clause",
		"bsd-3-clause": "BSD-3-Clause",
		"bsd-4-clause": "BSD-4-Clause",
		"cc0":          "CC0-1.0",
		"expat":        "MIT",
		"mit":          "MIT",
		"mpl-2":        "MPL-2.0",
		"psf-2":        "PSF-2.0",
		"zlib":         "Zlib",
	}
}

// usualLicences are those that a text is compared with.
func usualLicences() []string {
	return []string{
		"0BSD", "AFL-3.0", "AGPL-3.0", "AGPL-3.0-or-later", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause",
		"BSD-3-Clause-Clear", "BSL-1.0", "CC0-1.0", "EPL-2.0", "EUPL-1.2", "GPL-2.0", "GPL-2.0-or-later", "GPL-3.0", "GPL-3.0-or-later", "HPND",
		"ISC", "LGPL-2.1", "LGPL-2.1-or-later", "LGPL-3.0", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0", "NCSA", "OFL-1.1", "PSF-2.0", "PostgreSQL",
		"Python-2.0", "Unlicense", "WTFPL", "ZPL-2.1", "Zlib",
	}
}
