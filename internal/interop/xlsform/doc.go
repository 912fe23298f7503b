// Package xlsform reads XLSForm, the workbooks in which people write forms for ODK and
// KoboToolbox (sheets survey, choices, settings; XLSX, XLS, ODS or CSV), into the
// definition of a form.
//
// Nothing is left out in silence: what is not understood, or is understood otherwise,
// is told with its sheet, row and column. It must not know who imports a form, nor
// where forms are kept. Start at xlsform.go; question.go lists the types of questions.
package xlsform
